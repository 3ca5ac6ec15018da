import { describe, expect, it } from "vitest";
import { chosen, nameProblem, newTool, SOURCES, sourceOf, toolName } from "./agent-tools";

it.each(SOURCES)("a new tool of source %s is of that source", (source) => {
  expect(sourceOf(newTool(source))).toBe(source);
});

it.each([
  ["place order", "place_order"],
  ["  Prices: EUR/USD! ", "Prices_EUR_USD"],
  ["café", "cafe"],
  ["주문", ""],
  ["x".repeat(80), "x".repeat(64)],
])("%j is called %j", (text, name) => {
  expect(toolName(text)).toBe(name);
});

describe("a tool that is chosen", () => {
  it("gives its name, and another choice another", () => {
    const first = chosen(newTool("tool"), { tool: "place order" }, "place order");
    expect(first).toEqual({ name: "place_order", tool: "place order" });
    expect(chosen(first, { tool: "prices" }, "prices").name).toBe("prices");
  });

  it("does not change a name that somebody gave", () => {
    const named = { ...newTool("tool"), name: "buy" };
    expect(chosen(named, { tool: "place order" }, "place order").name).toBe("buy");
  });
});

it("names are there, of the right form, and once", () => {
  const tools = ["", "a b", "twice", "twice", "good-1"].map((name) => ({ name, tool: "t" }));
  expect(tools.map((_tool, index) => nameProblem(tools, index))).toEqual([
    "nameMissing",
    "nameForm",
    "nameTwice",
    "nameTwice",
    null,
  ]);
});
