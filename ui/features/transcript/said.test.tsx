import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import { show } from "@/test/world";
import { Said } from "./said";

async function said(text: string, speaking = false): Promise<HTMLElement> {
  const { container } = show(<Said text={text} speaking={speaking} />);
  await waitFor(() => expect(container.querySelector(".markdown")).toBeTruthy());
  return container.querySelector(".markdown") as HTMLElement;
}

it("is drawn as Markdown, below the headings of the page", async () => {
  const box = await said(
    "# Prices\n\nMSFT is **up**:\n\n| day | price |\n|---|--:|\n| 1 | 42 |\n\n- [x] looked\n- [ ] bought\n\n```py\na = 1\n```\n\nSee [the docs][d].\n\n[d]: https://example.com/docs",
  );
  const inside = within(box);
  expect(inside.getByRole("heading", { level: 3, name: "Prices" })).toBeTruthy();
  expect(inside.getByText("up").tagName).toBe("STRONG");
  expect(inside.getByRole("columnheader", { name: "price" }).style.textAlign).toBe("right");
  const tasks = inside.getAllByRole("listitem").map((item) => item.textContent?.trim());
  expect(tasks).toEqual(["☑done looked", "☐to do bought"]);
  expect(box.querySelector("input")).toBeNull();
  expect(box.querySelector("pre code")?.textContent).toBe("a = 1\n");
  const link = inside.getByRole("link", { name: "the docs" });
  expect(link.getAttribute("href")).toBe("https://example.com/docs");
  expect(link.getAttribute("target")).toBe("_blank");
  expect(link.getAttribute("rel")).toBe("noopener noreferrer");
});

it("nothing in it runs, loads, or leads to anything but other sites and mail", async () => {
  const evil = [
    "<script>window.hurt = 1</script>",
    '<img src="https://evil.example/p.png" onerror="window.hurt = 1">',
    '<iframe src="https://evil.example"></iframe> <b onclick="window.hurt = 1">raw</b>',
    '<style>body { display: none }</style> <form action="https://evil.example"><input></form>',
    "[run](javascript:alert(1)) [Run](JaVaScRiPt:alert(1)) [tab](java&#x09;script:alert(1))",
    "[data](data:text/html,<script>alert(1)</script>) [vb](vbscript:x) [file](file:///etc/passwd)",
    "[here](/api/v1/auth/logout) [rel](//evil.example) [hash](#x) <javascript:alert(1)>",
    "![secret](https://evil.example/?q=secret) ![](data:image/svg+xml,x) ![j](javascript:alert(1))",
    "[![chart](https://evil.example/chart.png)](https://example.com/page)",
    "[named][j] ![p][q]\n\n[j]: javascript:alert(1)\n[q]: https://evil.example/q.png",
    "[mail](mailto:a@example.com) https://example.com/plain",
  ];
  const box = await said(evil.join("\n\n"));
  const forbidden = "script, img, iframe, style, form, input, b, object, embed, svg, [onclick]";
  expect([...box.querySelectorAll(forbidden)]).toEqual([]);
  const targets = [...box.querySelectorAll("a")].map((link) => [
    link.textContent,
    link.getAttribute("href"),
  ]);
  expect(targets).toEqual([
    ["secret", "https://evil.example/?q=secret"],
    ["chart", "https://example.com/page"],
    ["p", "https://evil.example/q.png"],
    ["mail", "mailto:a@example.com"],
    ["https://example.com/plain", "https://example.com/plain"],
  ]);
  for (const raw of ["<script>window.hurt = 1</script>", "onerror=", "<style>body"])
    expect(box.textContent).toContain(raw);
  expect(box.textContent).toContain("run Run");
  expect(window).not.toHaveProperty("hurt");
});

it("code that is never ended is shown without what the text defines", async () => {
  const box = await said("See [docs][d].\n\n[d]: https://example.com\n\n```\na = 1");
  expect(within(box).getByRole("link", { name: "docs" })).toBeTruthy();
  expect(box.querySelector("pre")?.textContent).toBe("a = 1\n");
});

it("what could not be drawn in time is shown as it was written", async () => {
  const deep = `${">".repeat(5_000)} x`;
  const box = await said(`fine **so far**\n\n${deep}`);
  expect(box.querySelector("strong")?.textContent).toBe("so far");
  expect(box.textContent).toContain(deep);
  expect(box.querySelector("blockquote")).toBeNull();
});

it("an answer that comes piece by piece never shows marks that are about to go", async () => {
  const text = "It is **very** `high`, see [docs](https://example.com).\n\n| a |\n|---|\n| 1 |";
  const { container, rerender } = show(<Said text="" speaking />);
  await waitFor(() => expect(container.querySelector(".markdown")).toBeTruthy());
  const tables: boolean[] = [];
  for (let end = 1; end <= text.length; end += 1) {
    rerender(<Said text={text.slice(0, end)} speaking />);
    expect(container.textContent).not.toMatch(/[*`|[\]]/);
    tables.push(container.querySelector("table") !== null);
  }
  expect(tables.at(-1)).toBe(true);
  expect(tables.lastIndexOf(false)).toBe(tables.indexOf(true) - 1);
});

it("JSON is a tree when it is whole, and plain until then", async () => {
  const { container, rerender } = show(<Said text={'{"a": '} speaking />);
  expect(container.querySelector("p")?.textContent).toBe('{"a": ');
  rerender(<Said text={'{"a": 1}'} />);
  expect(container.querySelector("[data-json]")).toBeTruthy();
  rerender(<Said text={"[1] is a note"} />);
  await waitFor(() => expect(container.querySelector(".markdown")).toBeTruthy());
});

it("a copied answer is its source", async () => {
  const writeText = vi.fn(async () => {});
  vi.stubGlobal("navigator", { ...navigator, clipboard: { writeText } });
  const { TurnView } = await import("./turn");
  const turn = {
    kind: "turn" as const,
    key: "turn_1",
    text: "It is **up**.",
    speaking: false,
    calls: [],
    spent: null,
    finish: "stop",
    error: null,
    attempt: 1,
  };
  show(<TurnView turn={turn} onApproval={() => undefined} />);
  fireEvent.click(screen.getByRole("button", { name: "Copy the answer" }));
  await waitFor(() => expect(writeText).toHaveBeenCalledWith("It is **up**."));
});
