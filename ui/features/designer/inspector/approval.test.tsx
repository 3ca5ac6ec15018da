import { fireEvent, screen } from "@testing-library/react";
import { beforeEach, expect, it } from "vitest";
import type { JsonObject } from "@/features/graph";
import { serve, show, signInAs } from "@/test/world";
import { currentDocument, load, useDesigner } from "../store";
import { Configuration } from "./configuration";

const text = { type: "string" };
const number = { type: "number" };
const CATALOG = {
  tools: [],
  builtins: [],
  nodes: [
    {
      type: "approval",
      title: "Approval",
      description: "",
      icon: "hand",
      config_schema: {
        type: "object",
        required: ["message"],
        properties: {
          message: text,
          approval_seconds: number,
          assignees: { type: "array", items: text },
          required: { type: "integer" },
          reminder_seconds: number,
        },
      },
    },
  ],
};

function Chosen() {
  const node = useDesigner((state) => state.nodes[0]);
  return node ? <Configuration id={node.id} node={node.data.node} /> : null;
}

async function open(config: JsonObject): Promise<void> {
  const node = { id: "n", key: "n", type: "approval", position: { x: 0, y: 0 }, config };
  load("w", 1, { name: "w", nodes: [node], edges: [] });
  show(<Chosen />);
  await screen.findByText("Who decides");
}

const stored = () => currentDocument().nodes[0]?.config;

beforeEach(() => {
  signInAs("editor");
  serve(({ path }) => (path === "/api/v1/catalog" ? CATALOG : { items: [], next_cursor: null }));
});

it("people are named by address or role, and taken off again", async () => {
  await open({ message: "Go on?" });
  expect(screen.getByText(/the owner of the run decides/)).toBeTruthy();
  const field = screen.getByLabelText("Person");
  fireEvent.change(field, { target: { value: " b@example.com " } });
  fireEvent.keyDown(field, { key: "Enter" });
  fireEvent.click(screen.getByRole("button", { name: "all administrators" }));
  expect(stored()?.assignees).toEqual(["b@example.com", "role:admin"]);
  // Nobody is asked twice.
  fireEvent.change(field, { target: { value: "b@example.com" } });
  fireEvent.keyDown(field, { key: "Enter" });
  expect(stored()?.assignees).toEqual(["b@example.com", "role:admin"]);
  fireEvent.click(screen.getByRole("button", { name: "Remove b@example.com" }));
  fireEvent.click(screen.getByRole("button", { name: "Remove all administrators" }));
  expect(stored()).toEqual({ message: "Go on?" });
});

it("an address is taken without pressing Enter too", async () => {
  await open({ message: "Go on?" });
  const field = screen.getByLabelText("Person");
  fireEvent.change(field, { target: { value: "b@example.com" } });
  fireEvent.blur(field);
  expect(stored()?.assignees).toEqual(["b@example.com"]);
});

it("more approvals than people are pointed out", async () => {
  await open({ message: "Go on?", assignees: ["a@x.org", "b@x.org"] });
  const needed = screen.getByLabelText("Approvals needed");
  fireEvent.change(needed, { target: { value: "2" } });
  expect(screen.queryByRole("alert")).toBeNull();
  fireEvent.change(needed, { target: { value: "3" } });
  expect(screen.getByRole("alert").textContent).toBe("More than are named.");
  expect(stored()?.required).toBe(3);
});

it("times are told in the unit that they are whole in, and kept in seconds", async () => {
  await open({ message: "Go on?", approval_seconds: 172_800 });
  const waits = screen.getByLabelText("Waits at most") as HTMLInputElement;
  const unit = screen.getByLabelText("Unit of Waits at most") as HTMLSelectElement;
  expect([waits.value, unit.value]).toEqual(["2", "days"]);
  fireEvent.change(unit, { target: { value: "hours" } });
  expect(stored()?.approval_seconds).toBe(7_200);
  expect(waits.value).toBe("2");
  const reminder = screen.getByLabelText("Reminds after");
  fireEvent.change(reminder, { target: { value: "1.5" } });
  expect(stored()?.reminder_seconds).toBe(5_400);
  fireEvent.change(reminder, { target: { value: "" } });
  expect(stored()).not.toHaveProperty("reminder_seconds");
});
