import { describe, expect, it } from "vitest";
import { wordsIn } from "../words-field";
import { switched } from "./shell-editor";

describe("a script and a command", () => {
  it("become each other where a script is one plain line", () => {
    const script = { kind: "shell", script: "date -u +%F\n", memory_mb: 64 };
    const command = { kind: "shell", command: ["date", "-u", "+%F"], memory_mb: 64 };
    expect(switched(script, "command")).toEqual(command);
    expect(switched(command, "script")).toEqual({ ...script, script: "date -u +%F" });
  });

  it("a script that a shell must read becomes no command", () => {
    expect(switched({ script: 'echo "$INPUT_A" | wc' }, "command")).toEqual({ command: [""] });
  });

  it("words that a shell would take apart are quoted", () => {
    expect(switched({ command: ["echo", "a b", "it's"] }, "script")).toEqual({
      script: "echo 'a b' 'it'\\''s'",
    });
  });
});

it("a short list is written with commas or blanks", () => {
  expect(wordsIn("4xx, 5xx 429", false)).toEqual(["4xx", "5xx", "429"]);
  expect(wordsIn("0, 3 x -1", true)).toEqual([0, 3, "x", -1]);
  expect(wordsIn(" , ", true)).toBeUndefined();
});
