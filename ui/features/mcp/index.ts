export { type Server, type ServerTool, useServers, useServerTools } from "./api";
export { SchemaTable } from "./schema-table";
export { Servers } from "./servers";
export { reachable, serverNamed } from "./state";
export { ServerView } from "./view";
