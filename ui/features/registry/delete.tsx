import { Delete as Confirmed } from "@/components/delete";
import type { Draft, Registry, Stored } from "./registry";

interface DeleteProps<S extends Stored, D extends Draft> {
  registry: Registry<S, D>;
  stored: S;
  onClose: () => void;
  /** Told why it is kept. */
  onRefused: (error: unknown) => void;
  onDone?: () => void;
}

export function Delete<S extends Stored, D extends Draft>({
  registry: { name, remove },
  stored,
  ...rest
}: DeleteProps<S, D>) {
  return (
    <Confirmed
      words={name}
      name={stored.name}
      queryKey={[name, "list"]}
      remove={() => remove(stored)}
      {...rest}
    />
  );
}
