import {
  Bot,
  Box,
  Clock,
  Code,
  Globe,
  Layers,
  type LucideIcon,
  Merge,
  Play,
  Plug,
  Radio,
  Repeat,
  Shuffle,
  Split,
  Terminal,
  UserCheck,
  Workflow,
  Wrench,
} from "lucide-react";

// The catalog names icons; one that this list lacks is drawn as a box.
const ICONS: Record<string, LucideIcon> = {
  play: Play,
  wrench: Wrench,
  split: Split,
  shuffle: Shuffle,
  layers: Layers,
  repeat: Repeat,
  merge: Merge,
  clock: Clock,
  workflow: Workflow,
  globe: Globe,
  code: Code,
  terminal: Terminal,
  box: Box,
  plug: Plug,
  bot: Bot,
  "user-check": UserCheck,
  radio: Radio,
};

export function KindIcon({ name, size = 16 }: { name: string; size?: number }) {
  const Icon = ICONS[name] ?? Box;
  return <Icon size={size} aria-hidden />;
}
