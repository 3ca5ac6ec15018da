import { Delete as Confirmed } from "@/components/delete";
import { deleteServer, SERVERS, type Server } from "./api";

interface DeleteProps {
  server: Server;
  onClose: () => void;
  onRefused: (error: unknown) => void;
  onDone?: () => void;
}

export function Delete({ server, ...rest }: DeleteProps) {
  return (
    <Confirmed
      words="mcp"
      name={server.name}
      queryKey={SERVERS}
      remove={() => deleteServer(server)}
      {...rest}
    />
  );
}
