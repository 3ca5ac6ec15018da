export { copyOf, differences } from "./drafts";
export { DescriptionField, NameField, SharedField } from "./fields";
export { List } from "./list";
export { Opened, useAsked, Waiting } from "./opened";
export type { Registry } from "./registry";
export { RoomPage } from "./room-page";
export { type RoomProps, useRoom } from "./use-room";
export { Whole } from "./whole";
