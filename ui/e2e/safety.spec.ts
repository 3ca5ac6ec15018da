import { api, ensureAccount, expect, node, signIn, test, url } from "./pages";

// Each would set the mark if it were ever read as markup, as a script or as an address.
const CORPUS = [
  `<script>window.__hit = 1</script>`,
  `"><img src=x onerror="window.__hit=1">`,
  `<svg onload=window.__hit=1>`,
  `javascript:window.__hit=1`,
  `{{constructor.constructor('window.__hit=1')()}}`,
  `</title><iframe srcdoc="<script>parent.__hit=1</script>">`,
  `<a href="javascript:window.__hit=1" autofocus onfocus=window.__hit=1>x</a>`,
  `<style>@import 'javascript:window.__hit=1'</style><math><mtext></mtext></math>`,
];
const SVG = `<svg xmlns="http://www.w3.org/2000/svg"><script>parent.__hit=1;window.__hit=1</script><circle r="9"/></svg>`;

test("nothing that is stored runs as a script, wherever it is shown", async ({ page }) => {
  test.setTimeout(120_000);
  await ensureAccount(page);
  await signIn(page);
  const client = await api(page);
  const bad = (index: number) => CORPUS[index % CORPUS.length] as string;
  const values = Object.fromEntries(
    CORPUS.map((text, index) => [`v${index}`, text.replaceAll("{{", "{ {")]),
  );
  const code = `import json\n\n\ndef main():\n    print(${JSON.stringify(CORPUS.join(" "))})\n    raise ValueError(${JSON.stringify(bad(1))})\n`;
  const nodes = [
    { key: "start", type: "trigger", name: bad(0), notes: bad(1) },
    {
      key: "texts",
      type: "adapter",
      name: bad(2),
      config: { output: { ...values, rows: [values, values] } },
    },
    {
      key: "file",
      type: "tool",
      name: bad(5),
      config: {
        kind: "builtin",
        name: "render",
        template: SVG,
        options: { artifact: `${bad(1).replace(/[/\\]/g, "")}.html`, content_type: "text/html" },
      },
    },
    {
      key: "raises",
      type: "tool",
      name: bad(6),
      config: { kind: "python", code },
      retry: { max_attempts: 1 },
    },
  ];
  const edges = ["texts", "file", "raises"].map((target) => ({ source: "start", target }));
  const id = await client.workflow({
    name: bad(1),
    description: bad(2),
    variables: { x: bad(3) },
    nodes,
    edges,
  });
  await client.send("POST", `/workflows/${id}/publish`, { comment: bad(0) });
  const run = await client.send<{ id: string }>("POST", `/workflows/${id}/executions`, {
    input: { text: bad(1) },
    tags: [bad(1)],
  });
  const hit = () => page.evaluate(() => (window as unknown as { __hit?: number }).__hit);

  await page.goto(url(`/executions/view?id=${run.id}`));
  await expect(node(page, "raises")).toHaveAttribute("data-status", "failed");
  for (const key of ["start", "texts", "file", "raises"]) {
    await node(page, key).click();
    for (const tab of ["Tree", "Table", "Text", "Files"])
      for (const each of await page.getByRole("tab", { name: tab }).all()) await each.click();
    expect(await hit()).toBeUndefined();
  }
  await page.getByRole("tab", { name: "Logs" }).click();
  for (const path of [`/workflows/edit?id=${id}`, "/workflows", "/executions", "/", "/tools"]) {
    await page.goto(url(path));
    await page.waitForTimeout(700);
    expect(await hit(), path).toBeUndefined();
  }
  await page.goto(url(`/workflows/edit?id=${id}`));
  await node(page, "texts").click();
  await page.getByRole("tab", { name: "Data" }).click();
  expect(await hit()).toBeUndefined();
});

test("the policy lets no foreign script, frame or address in", async ({ page, complaints }) => {
  const answer = await page.goto(url("/login"));
  const policy = (await answer?.headerValue("content-security-policy")) ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/script-src[^;]*unsafe/);
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.__hit = 1";
    document.body.append(script);
  });
  expect(
    await page.evaluate(() => (window as unknown as { __hit?: number }).__hit),
  ).toBeUndefined();
  expect(complaints.splice(0).length).toBeGreaterThan(0);
});
