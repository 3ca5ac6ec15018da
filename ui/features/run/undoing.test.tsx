import { screen, waitFor, within } from "@testing-library/react";
import { ReactFlowProvider } from "@xyflow/react";
import { beforeEach, expect, it } from "vitest";
import { readDocument } from "@/features/graph";
import { serve, show, signInAs } from "@/test/world";
import { Picture } from "./picture";
import { type NodeRun, take, useRun } from "./store";
import { Undoing } from "./undoing";

const DOCUMENT = readDocument({
  name: "shop",
  nodes: [
    { key: "book", type: "tool", compensation: "unbook", position: { x: 0, y: 0 } },
    { key: "unbook", type: "tool", position: { x: 300, y: 0 } },
    { key: "pay", type: "tool", position: { x: 600, y: 0 } },
  ],
  edges: [{ source: "book", target: "pay" }],
});
const ROW = {
  id: "row",
  node_key: "unbook",
  node_type: "tool",
  path: "2",
  attempt: 1,
  status: "completed",
  temporal: { run_id: "r", scheduled_event_id: 1, url: null },
} as NodeRun;

beforeEach(() => {
  signInAs("editor");
  serve(() => ({ nodes: [], tools: [], builtins: [] }));
  useRun.setState({ byKey: new Map(), looks: new Map() });
});

async function open(key: string, path: string): Promise<(of: string) => HTMLElement> {
  const { container } = show(
    <ReactFlowProvider>
      <Picture document={DOCUMENT} first={null} onSelect={() => undefined}>
        {null}
      </Picture>
      <Undoing nodeKey={key} path={path} />
    </ReactFlowProvider>,
  );
  const card = (of: string) => container.querySelector(`[data-node=${of}]`) as HTMLElement;
  await waitFor(() => expect(card("book")).toBeTruthy());
  return card;
}

it("a node tells whether its pass was undone, and how that ended", async () => {
  take([{ kind: "node", data: ROW } as never]);
  const card = await open("book", "2");
  expect(screen.getByText(/Undone by “unbook”/)).toBeTruthy();
  expect(within(card("book")).getByText("undone")).toBeTruthy();
});

it("one that could not be undone says so", async () => {
  take([{ kind: "node", data: { ...ROW, status: "failed" } } as never]);
  const card = await open("book", "2");
  expect(within(card("book")).getByText("not undone")).toBeTruthy();
});

it("of another pass there is nothing to tell", async () => {
  take([{ kind: "node", data: ROW } as never]);
  await open("book", "1");
  expect(screen.queryByText(/Undone by/)).toBeNull();
});

it("in a run that goes well a node names its compensation, which says what it is", async () => {
  const card = await open("unbook", "");
  const named = within(card("book")).getByText("unbook").closest("[title]");
  expect(named?.getAttribute("title")).toContain("undoes this");
  expect(within(card("unbook")).getByText("Compensation")).toBeTruthy();
  expect(within(card("pay")).queryByText("Compensation")).toBeNull();
  expect(screen.getByText(/Undoes “book”/)).toBeTruthy();
});
