import auth from "./auth.json";
import catalog from "./catalog.json";
import common from "./common.json";
import dashboard from "./dashboard.json";
import designer from "./designer.json";
import executions from "./executions.json";
import run from "./run.json";
import settings from "./settings.json";
import shell from "./shell.json";
import states from "./states.json";
import status from "./status.json";
import tools from "./tools.json";
import users from "./users.json";
import workflows from "./workflows.json";

export const messages = {
  auth,
  catalog,
  common,
  dashboard,
  designer,
  executions,
  run,
  settings,
  shell,
  states,
  status,
  tools,
  users,
  workflows,
};
