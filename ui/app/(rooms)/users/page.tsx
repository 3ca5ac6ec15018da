import { Users } from "@/features/users";

export default function UsersPage() {
  return <Users />;
}
