import { expect, it } from "vitest";
import { Problem } from "@/lib/api/problem";
import { usersIn } from "./used-by";

it("a refusal names workflows and tools, each with its room", () => {
  const errors = [
    { path: "workflows/a", message: "uses it: Daily", code: "USED" },
    { path: "tools/b", message: "uses it: clock", code: "USED" },
    { path: "body.name", message: "too long", code: "INVALID" },
    { path: "elsewhere/c", message: "uses it: x", code: "USED" },
  ];
  expect(usersIn(new Problem(409, { code: "TOOL_IN_USE", errors }))).toEqual([
    { href: "/workflows/edit?id=a", name: "Daily" },
    { href: "/tools/edit?id=b", name: "clock" },
  ]);
  expect(usersIn(new Error("x"))).toEqual([]);
});
