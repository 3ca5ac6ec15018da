import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { JsonView } from "@/components/json-view";
import { PIECE_BYTES } from "@/lib/api/artifacts";
import { type Call, refusal, serve, show, signInAs } from "@/test/world";
import { ArtifactChips } from "./chip";

const SHA = "3fa9c1d2".repeat(8);

type Facts = Record<string, unknown>;

function reference(more: Facts) {
  return { $artifact: { id: "run.1", size: 9, content_type: "text/csv", sha256: SHA, ...more } };
}

/** A server that has these bytes, and gives ranges of them. */
function bytes(text: string, type: string): Call[] {
  const all = new TextEncoder().encode(text);
  return serve(({ range }) => {
    const [, from, to] = /bytes=(\d+)-(\d+)/.exec(range ?? "") ?? [];
    const part = from === undefined ? all : all.slice(Number(from), Number(to) + 1);
    const whole = part.length === all.length;
    const headers = {
      "Content-Type": type,
      ...(!whole && { "Content-Range": `bytes ${from}-${to}/${all.length}` }),
    };
    return new Response(part, { status: whole ? 200 : 206, headers });
  });
}

/** Open the artifact that is somewhere in a value. */
async function open(more: Facts): Promise<HTMLElement> {
  show(
    <ArtifactChips>
      <JsonView value={{ rows: [1, reference(more) as never] }} />
    </ArtifactChips>,
  );
  fireEvent.click(screen.getByRole("button", { name: /^Open / }));
  return screen.findByRole("dialog");
}

beforeEach(() => {
  signInAs("viewer");
  URL.createObjectURL = vi.fn(() => "blob:here");
  URL.revokeObjectURL = vi.fn();
});

describe("an artifact in a value", () => {
  it("is a chip with its name, type and size", () => {
    show(
      <ArtifactChips>
        <JsonView value={reference({ name: "table.csv", size: 1_536 }) as never} />
      </ArtifactChips>,
    );
    const name = "Open table.csv (text/csv · 1.5 KiB)";
    expect(screen.getByRole("button", { name }).textContent).toBe("table.csvtext/csv · 1.5 KiB");
  });

  it("opened, it says its size and hash, and gives its reference away", async () => {
    const writeText = vi.fn(async () => {});
    vi.stubGlobal("navigator", { ...navigator, clipboard: { writeText } });
    bytes("a,b\n1,2\n", "text/csv");
    const dialog = await open({ name: "table.csv", size: 8 });
    expect(within(dialog).getByText(SHA)).toBeTruthy();
    fireEvent.click(within(dialog).getByRole("button", { name: "Copy reference" }));
    const copied = JSON.stringify(reference({ name: "table.csv", size: 8 }));
    await waitFor(() => expect(writeText).toHaveBeenCalledWith(copied));
  });

  it("is downloaded under its name", async () => {
    bytes("%PDF", "application/pdf");
    const clicked: string[] = [];
    vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (
      this: HTMLAnchorElement,
    ) {
      clicked.push(this.download);
    });
    const dialog = await open({ name: "report.pdf", content_type: "application/pdf" });
    expect(dialog.textContent).toContain("cannot be shown here");
    fireEvent.click(within(dialog).getByRole("button", { name: "Download" }));
    await waitFor(() => expect(clicked).toEqual(["report.pdf"]));
  });

  it("that was removed says so, and what is left of it", async () => {
    serve(() => refusal(404, "there is no artifact run.1"));
    const dialog = await open({ preview: "a,b 1,2" });
    const alert = await within(dialog).findByRole("alert");
    expect(alert.textContent).toContain("not there any more");
    expect(alert.textContent).toContain("a,b 1,2");
  });

  it("that did not come for another reason says which", async () => {
    serve(() => refusal(503, "the store does not answer"));
    const dialog = await open({});
    expect((await within(dialog).findByRole("alert")).textContent).toContain("does not answer");
  });
});

describe("a table", () => {
  it("is shown in rows and columns", async () => {
    bytes('name,note\r\nx,"a, b"\r\n', "text/csv");
    const dialog = await open({ size: 22 });
    const cells = await within(dialog).findAllByRole("cell");
    expect(cells.map((cell) => cell.textContent)).toEqual(["x", "a, b"]);
    const heads = within(dialog).getAllByRole("columnheader");
    expect(heads.map((cell) => cell.textContent)).toEqual(["name", "note"]);
  });

  it("that is long comes 200 rows at a time", async () => {
    const rows = Array.from({ length: 450 }, (_each, index) => `${index}\n`);
    bytes(`n\n${rows.join("")}`, "text/csv");
    const dialog = await open({ size: 2_000 });
    const count = () => dialog.querySelectorAll("td").length;
    await waitFor(() => expect(count()).toBe(200));
    fireEvent.click(within(dialog).getByRole("button", { name: "Load more" }));
    expect(count()).toBe(400);
    fireEvent.click(within(dialog).getByRole("button", { name: "Load more" }));
    expect(count()).toBe(450);
    expect(within(dialog).queryByRole("button", { name: "Load more" })).toBeNull();
    expect(dialog.textContent).toContain("450 of 450 rows.");
  });

  it("over one piece reads the next when its rows are needed, and shows no half row", async () => {
    const line = `${"x".repeat(9_999)}\n`;
    const text = `head\n${line.repeat(40)}`;
    const calls = bytes(text, "text/csv");
    const dialog = await open({ size: text.length });
    const count = () => dialog.querySelectorAll("td").length;
    await waitFor(() => expect(count()).toBe(26));
    expect(calls.map(({ range }) => range)).toEqual([`bytes=0-${PIECE_BYTES - 1}`]);
    fireEvent.click(within(dialog).getByRole("button", { name: "Load more" }));
    await waitFor(() => expect(count()).toBe(40));
    expect(calls[1]?.range).toBe(`bytes=${PIECE_BYTES}-${2 * PIECE_BYTES - 1}`);
  });
});

describe("other kinds", () => {
  it("JSON is laid out, and more of it comes when one asks", async () => {
    const text = JSON.stringify(Array.from({ length: 60_000 }, (_each, index) => index));
    const calls = bytes(text, "application/json");
    const dialog = await open({ content_type: "application/json", size: text.length });
    const reader = await within(dialog).findByRole("textbox", { name: "3fa9c1d2.json" });
    expect(reader.textContent?.startsWith("[  0,  1,")).toBe(true);
    expect(dialog.textContent).toContain("The first 256.0 KiB of 340.7 KiB.");
    fireEvent.click(within(dialog).getByRole("button", { name: "Load more" }));
    await waitFor(() =>
      expect(within(dialog).queryByRole("button", { name: "Load more" })).toBeNull(),
    );
    expect(calls).toHaveLength(2);
  });

  it("nothing is read without a range", async () => {
    const calls = bytes("", "text/plain");
    const dialog = await open({ content_type: "text/plain", size: 0 });
    await within(dialog).findByRole("textbox");
    expect(calls.map(({ range }) => range)).toEqual([null]);
  });

  it("a picture is an image of its bytes", async () => {
    bytes("<svg/>", "image/svg+xml");
    const dialog = await open({ content_type: "image/svg+xml", name: "a.svg" });
    const image = await within(dialog).findByRole("img", { name: "a.svg" });
    expect(image.getAttribute("src")).toBe("blob:here");
  });
});
