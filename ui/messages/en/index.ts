import artifacts from "./artifacts.json";
import auth from "./auth.json";
import catalog from "./catalog.json";
import common from "./common.json";
import dashboard from "./dashboard.json";
import designer from "./designer.json";
import editors from "./editors.json";
import executions from "./executions.json";
import mcp from "./mcp.json";
import run from "./run.json";
import secrets from "./secrets.json";
import settings from "./settings.json";
import shell from "./shell.json";
import states from "./states.json";
import status from "./status.json";
import tools from "./tools.json";
import trial from "./trial.json";
import users from "./users.json";
import workflows from "./workflows.json";

export const messages = {
  artifacts,
  auth,
  catalog,
  common,
  dashboard,
  designer,
  editors,
  executions,
  mcp,
  run,
  secrets,
  settings,
  shell,
  states,
  status,
  tools,
  trial,
  users,
  workflows,
};
