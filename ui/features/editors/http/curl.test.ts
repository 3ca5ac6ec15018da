import { describe, expect, it } from "vitest";
import type { JsonObject } from "@/features/graph";
import { parseCurl } from "./curl";

function read(command: string): { request: JsonObject; notes: string[] } {
  const found = parseCurl(command);
  if (!found.ok) throw new Error(found.reason);
  return {
    request: found.request,
    notes: found.notes.map(({ code, what }) => (what ? `${code} ${what}` : code)),
  };
}

describe("a plain call", () => {
  it("is a GET, its query taken apart", () => {
    expect(read("curl 'https://api.example.org/v1?a=1&b=two%20words&a=3'").request).toEqual({
      method: "GET",
      url: "https://api.example.org/v1",
      query: { a: ["1", "3"], b: "two words" },
      headers: {},
      auth: { type: "none" },
    });
  });

  it("has http:// where no scheme is written, as cURL does", () => {
    expect(read("curl example.org/x").request.url).toBe("http://example.org/x");
  });

  it("keeps a query that is no list of names and values", () => {
    const { request } = read("curl 'https://example.org/x?flag&a=1'");
    expect(request).toMatchObject({ url: "https://example.org/x?flag&a=1", query: {} });
  });

  it("loses its fragment, which is never sent", () => {
    expect(read("curl 'https://example.org/x#part'").request.url).toBe("https://example.org/x");
  });

  it("keeps expressions", () => {
    const { request } = read("curl '{{ vars.base }}/prices?symbol={{ inputs.symbol }}'");
    expect(request).toMatchObject({
      url: "{{ vars.base }}/prices",
      query: { symbol: "{{ inputs.symbol }}" },
    });
  });
});

describe("what is no such command", () => {
  it.each([
    ["wget https://example.org", "notCurl"],
    ["", "notCurl"],
    ["curl -H 'open https://example.org", "openQuote"],
    ['curl "open', "openQuote"],
    ["curl -s", "noUrl"],
  ])("%s is refused: %s", (command, reason) => {
    expect(parseCurl(command)).toEqual({ ok: false, reason });
  });
});

describe("flags", () => {
  it("-X gives the method, joined or apart", () => {
    expect(read("curl -XDELETE https://example.org").request.method).toBe("DELETE");
    expect(read("curl -X put https://example.org").request.method).toBe("PUT");
    expect(read("curl --request=PATCH https://example.org").request.method).toBe("PATCH");
  });

  it("a method that tools do not have is told", () => {
    const { request, notes } = read("curl -X PURGE https://example.org");
    expect(request.method).toBe("GET");
    expect(notes).toEqual(["method PURGE"]);
  });

  it("-I is HEAD, -L follows redirects", () => {
    const { request } = read("curl -sSIL https://example.org");
    expect(request).toMatchObject({ method: "HEAD", follow_redirects: true });
  });

  it("-k is told and left out", () => {
    expect(read("curl -k https://example.org").notes).toEqual(["insecure -k"]);
  });

  it("flags with values of their own do not swallow the URL", () => {
    const { request, notes } = read(
      "curl -o out.json --proxy http://p:1 -w '%{x}' https://example.org",
    );
    expect(request.url).toBe("https://example.org");
    expect(notes).toEqual(["ignored -o", "ignored --proxy", "ignored -w"]);
  });

  it("times become timeouts", () => {
    const { request } = read("curl -m 12.5 --connect-timeout 3 https://example.org");
    expect(request).toMatchObject({ total_timeout_seconds: 12.5, connect_timeout_seconds: 3 });
  });

  it("of several URLs the first is taken", () => {
    const { request, notes } = read("curl https://example.org/a https://example.org/b");
    expect(request.url).toBe("https://example.org/a");
    expect(notes).toEqual(["urls https://example.org/a"]);
  });
});

describe("headers", () => {
  it("are names and values; the last of a name wins", () => {
    const { request } = read(
      `curl https://example.org -H 'Accept: text/plain' -H "x-id: a:b" -H 'accept: */*' -H 'Empty;' -H 'Gone:'`,
    );
    expect(request.headers).toEqual({ accept: "*/*", "x-id": "a:b", Empty: "" });
  });

  it("-A, -e, -b and -r are headers too", () => {
    const { request, notes } = read(
      "curl https://example.org -A agent/1 -e https://example.com -b 'a=1; b=2' -r 0-9",
    );
    expect(request.headers).toEqual({
      "User-Agent": "agent/1",
      Referer: "https://example.com",
      Cookie: "a=1; b=2",
      Range: "bytes=0-9",
    });
    expect(notes).toEqual(["secret"]);
  });

  it("a file of cookies stays where it is", () => {
    const { request, notes } = read("curl -b jar.txt https://example.org");
    expect(request.headers).toEqual({});
    expect(notes).toEqual(["file jar.txt"]);
  });
});

describe("who calls", () => {
  it("-u is basic, with or without a password", () => {
    expect(read("curl -u ann:p:w https://example.org").request.auth).toEqual({
      type: "basic",
      username: "ann",
      password: "p:w",
    });
    expect(read("curl -u ann https://example.org").request.auth).toMatchObject({ password: "" });
  });

  it("a bearer header becomes a token, and is no header any more", () => {
    const { request, notes } = read("curl https://example.org -H 'authorization: Bearer abc.def'");
    expect(request).toMatchObject({ auth: { type: "bearer", token: "abc.def" }, headers: {} });
    expect(notes).toEqual(["secret"]);
  });

  it("a basic header is decoded", () => {
    const { request } = read(`curl https://example.org -H 'Authorization: Basic ${btoa("a:b")}'`);
    expect(request).toMatchObject({
      auth: { type: "basic", username: "a", password: "b" },
      headers: {},
    });
  });

  it("another scheme stays a header", () => {
    const { request } = read("curl https://example.org -H 'Authorization: Digest x' -u a:b");
    expect(request).toMatchObject({
      auth: { type: "none" },
      headers: { Authorization: "Digest x" },
    });
  });
});

describe("bodies", () => {
  it("-d makes a POST of a form", () => {
    const { request } = read("curl https://example.org -d a=1 -d 'b=x+y%21&c='");
    expect(request).toMatchObject({ method: "POST", form: { a: "1", b: "x y!", c: "" } });
  });

  it("what is no form is sent as it is", () => {
    const { request } = read("curl https://example.org -d 'just text'");
    expect(request).toMatchObject({
      body: "just text",
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
    });
  });

  it("JSON with its header is JSON, and the header goes without saying", () => {
    const { request } = read(
      `curl -X PUT https://example.org -H 'content-type: application/json' --data-raw '{"a": [1, null]}'`,
    );
    expect(request).toMatchObject({ method: "PUT", json_body: { a: [1, null] }, headers: {} });
  });

  it("JSON without a header is taken for JSON, and that is told", () => {
    const { request, notes } = read(`curl https://example.org -d '{"a":1}'`);
    expect(request).toMatchObject({ json_body: { a: 1 } });
    expect(notes).toEqual(["json"]);
  });

  it("JSON whose numbers would be rounded stays a text", () => {
    const { request } = read(`curl https://example.org --json '{"id": 12345678901234567890}'`);
    expect(request).toMatchObject({
      body: '{"id": 12345678901234567890}',
      headers: { "Content-Type": "application/json" },
    });
  });

  it("--json in parts is joined", () => {
    const { request } = read(`curl https://example.org --json '{"a":' --json '1}'`);
    expect(request).toMatchObject({ json_body: { a: 1 }, headers: { Accept: "application/json" } });
  });

  it("another type is sent as it is", () => {
    const { request } = read(
      `curl https://example.org -H 'Content-Type: text/csv' --data-binary 'a,b'`,
    );
    expect(request).toMatchObject({ body: "a,b", headers: { "Content-Type": "text/csv" } });
  });

  it("--data-raw keeps an at sign, -d names a file by it", () => {
    expect(read("curl https://example.org --data-raw '@x=1'").request.form).toEqual({ "@x": "1" });
    expect(read("curl https://example.org -d @body.json").notes).toEqual(["file body.json"]);
  });

  it("--data-urlencode encodes what follows the name", () => {
    const { request } = read("curl https://example.org --data-urlencode 'q=a&b=c'");
    expect(request.form).toEqual({ q: "a&b=c" });
  });

  it("-G moves data into the query", () => {
    const { request } = read("curl -G 'https://example.org?x=1' -d a=2 --data-urlencode 'q=b c'");
    expect(request).toMatchObject({ method: "GET", query: { x: "1", a: "2", q: "b c" } });
    expect(request).not.toHaveProperty("form");
  });

  it("-F is multipart, its files named but not read", () => {
    const { request, notes } = read(
      "curl https://example.org -H 'Content-Type: multipart/form-data; boundary=x' -F 'note=a=b;type=text/plain' -F file=@dir/p.csv",
    );
    expect(request).toMatchObject({
      method: "POST",
      headers: {},
      multipart: [
        { name: "note", value: "a=b", content_type: "text/plain" },
        { name: "file", value: null, filename: "p.csv" },
      ],
    });
    expect(notes).toEqual(["file dir/p.csv"]);
  });

  it("JSON that is only null is no configuration's body", () => {
    expect(read("curl https://example.org --json null").request).toMatchObject({ body: "null" });
  });
});

describe("as shells write it", () => {
  it("over several lines, with either kind of continuation", () => {
    const { request } = read("curl https://example.org \\\n  -H 'A: 1' \\\r\n  -d x=1");
    expect(request).toMatchObject({ headers: { A: "1" }, form: { x: "1" } });
    const windows = read('curl ^"https://example.org^" ^\r\n  -H ^"A: 1^"');
    expect(windows.request).toMatchObject({ url: "https://example.org", headers: { A: "1" } });
  });

  it("with ANSI quoting", () => {
    const { request } = read(String.raw`curl https://example.org --data-raw $'it\'s \u0041\x42\n'`);
    expect(request.body).toBe("it's AB\n");
  });

  it("with escapes inside double quotes", () => {
    const { request } = read(String.raw`curl https://example.org -H "A: \"x\" \n"`);
    expect(request.headers).toEqual({ A: '"x" \\n' });
  });

  it("quotes that touch are one word", () => {
    expect(read(`curl 'https://exam'"ple".org/a\\ b`).request.url).toBe("https://example.org/a b");
  });

  it("variables are left and told, but not inside single quotes", () => {
    const { request, notes } = read(`curl "https://example.org/$A" -H "T: \${B_2}" -H 'C: $D'`);
    expect(request).toMatchObject({ url: "https://example.org/$A" });
    expect(notes).toEqual(["variable A", "variable B_2"]);
  });

  it("what stands behind the command is left out and told", () => {
    const { request, notes } = read("curl https://example.org/a?x=1&y=2 | jq .");
    expect(request.query).toEqual({ x: "1", y: "2" });
    expect(notes).toEqual(["more"]);
  });
});
