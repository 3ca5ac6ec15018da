import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Echo {
  url: string;
  /** The Authorization headers that came, as they came. */
  authorizations: string[];
  close: () => Promise<void>;
}

/** A server that tells what it was sent, in one flat object. */
export async function startEcho(): Promise<Echo> {
  const authorizations: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { authorization = "" } = request.headers;
      authorizations.push(authorization);
      const answer = {
        method: request.method,
        path: request.url,
        from: request.headers["x-from"],
        authorization,
        sent: Buffer.concat(chunks).toString(),
      };
      response.writeHead(201, { "Content-Type": "application/json" });
      response.end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    authorizations,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
