import agents from "./agents.json";
import approvals from "./approvals.json";
import artifacts from "./artifacts.json";
import auth from "./auth.json";
import catalog from "./catalog.json";
import common from "./common.json";
import dashboard from "./dashboard.json";
import designer from "./designer.json";
import drafts from "./drafts.json";
import editors from "./editors.json";
import executions from "./executions.json";
import mcp from "./mcp.json";
import notifications from "./notifications.json";
import run from "./run.json";
import secrets from "./secrets.json";
import settings from "./settings.json";
import shell from "./shell.json";
import states from "./states.json";
import status from "./status.json";
import tools from "./tools.json";
import transcript from "./transcript.json";
import trial from "./trial.json";
import triggers from "./triggers.json";
import upgrade from "./upgrade.json";
import users from "./users.json";
import workflows from "./workflows.json";

export const messages = {
  agents,
  approvals,
  artifacts,
  auth,
  catalog,
  common,
  dashboard,
  designer,
  drafts,
  editors,
  executions,
  mcp,
  notifications,
  run,
  secrets,
  settings,
  shell,
  states,
  status,
  tools,
  transcript,
  trial,
  triggers,
  upgrade,
  users,
  workflows,
};
