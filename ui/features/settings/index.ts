export { Settings } from "./settings";
export { SettingsTabs } from "./tabs";
