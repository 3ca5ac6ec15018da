import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
import type { GraphDocument } from "@/features/graph";
import { type Call, serve, show, signInAs } from "@/test/world";
import { type Execution, useRun } from "./store";
import { Upgrade } from "./upgrade";

const EXECUTION = {
  id: "r",
  workflow_id: "w",
  workflow_version: 2,
  status: "waiting",
} as Execution;
const DOCUMENT: GraphDocument = {
  name: "Orders",
  nodes: [
    { id: "1", key: "fetch", type: "tool", name: "Fetch" },
    { id: "2", key: "review", type: "approval", name: "Review" },
  ],
  edges: [],
};
const VERSIONS = [4, 3, 2, 1].map((version) => ({
  version,
  comment: version === 4 ? "new" : null,
}));
const REPORT = {
  from_version: 2,
  to_version: 4,
  possible: true,
  reasons: [],
  kept: ["fetch"],
  waiting: ["review"],
  changed: [],
  added: ["tell"],
  removed: [],
};
const REFUSED = {
  ...REPORT,
  to_version: 3,
  possible: false,
  reasons: [{ code: "CHANGED", message: "it has run, and differs there", node_key: "fetch" }],
};

function serving(versions: unknown[] = VERSIONS): Call[] {
  let looks = 0;
  return serve(({ method, path }) => {
    if (path === "/api/v1/executions/r") {
      looks += 1;
      return { ...EXECUTION, workflow_version: looks > 1 ? 4 : 2 };
    }
    if (path.includes("/versions")) return { items: versions, next_cursor: null };
    if (method === "POST") return EXECUTION;
    return path.includes("version=3") ? REFUSED : REPORT;
  });
}

async function open(): Promise<ReturnType<typeof within>> {
  show(<Upgrade execution={EXECUTION} document={DOCUMENT} />);
  fireEvent.click(await screen.findByRole("button", { name: "Upgrade…" }));
  return within(await screen.findByRole("dialog", { name: "Upgrade this run" }));
}

beforeEach(() => {
  signInAs("editor");
  useRun.setState({ execution: EXECUTION });
});

describe("upgrading a run", () => {
  it("offers newer versions only, the newest first, and says what becomes of each node", async () => {
    serving();
    const dialog = await open();
    const versions = within(dialog.getByLabelText("To version")).getAllByRole("option");
    expect(versions.map((each) => each.textContent)).toEqual(["4 – new", "3"]);
    expect(await dialog.findByText("The run can go on with version 4.")).toBeTruthy();
    const said = (group: string) => dialog.getByText(group).nextElementSibling?.textContent;
    expect(said("Finished, and kept")).toBe("Fetch");
    expect(said("Waits, and goes on waiting")).toBe("Review");
    expect(said("New")).toBe("tell");
    expect(said("Changed")).toBe("none");
  });

  it("is asked for once it is confirmed", async () => {
    const calls = serving();
    const dialog = await open();
    await dialog.findByText("The run can go on with version 4.");
    expect(calls.filter(({ method }) => method === "POST")).toEqual([]);
    fireEvent.click(dialog.getByRole("button", { name: "Upgrade to version 4" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(calls.filter(({ method }) => method === "POST")).toMatchObject([
      { path: "/api/v1/executions/r/upgrade", body: { version: 4 } },
    ]);
  });

  it("that is not possible says why, and cannot be asked for", async () => {
    serving();
    const dialog = await open();
    fireEvent.change(dialog.getByLabelText("To version"), { target: { value: "3" } });
    expect(await dialog.findByText(/it has run, and differs there/)).toBeTruthy();
    const button = dialog.getByRole("button", { name: "Upgrade to version 3" });
    expect((button as HTMLButtonElement).disabled).toBe(true);
  });

  it.each([
    ["without a newer version", VERSIONS.slice(2), "waiting"],
    ["of a run that ended", VERSIONS, "completed"],
  ])("is not offered %s", async (_what, versions, status) => {
    const calls = serving(versions);
    useRun.setState({ execution: { ...EXECUTION, status } as Execution });
    show(<Upgrade execution={EXECUTION} document={DOCUMENT} />);
    if (status === "waiting") await waitFor(() => expect(calls).toHaveLength(1));
    expect(screen.queryByRole("button", { name: "Upgrade…" })).toBeNull();
  });
});
