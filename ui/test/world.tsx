import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { configure, type RenderResult, render } from "@testing-library/react";
import { NextIntlClientProvider } from "next-intl";
import { Toast, Tooltip } from "radix-ui";
import type { ReactNode } from "react";
import { vi } from "vitest";
import { Toasts } from "@/components/toasts";
import { type User, useSession } from "@/lib/api/session";
import { messages } from "@/messages/en";

// Guards against hanging only: parts of a page are loaded when they are first drawn.
configure({ asyncUtilTimeout: 10_000 });
vi.setConfig({ testTimeout: 30_000 });

/** Draw something with all that the app puts around its pages. */
export function show(content: ReactNode): RenderResult {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  return render(
    <NextIntlClientProvider locale="en" messages={messages} timeZone="UTC">
      <QueryClientProvider client={queries}>
        <Tooltip.Provider>
          <Toast.Provider>
            {content}
            <Toasts />
          </Toast.Provider>
        </Tooltip.Provider>
      </QueryClientProvider>
    </NextIntlClientProvider>,
  );
}

export function signInAs(role: User["role"]): void {
  const user = { id: "u", email: "a@example.com", display_name: "A", role } as User;
  useSession.setState({ status: "in", token: "token", user });
}

export interface Call {
  method: string;
  path: string;
  body: unknown;
  range: string | null;
}

/** A server: what `answer` gives for a call is its JSON, or its response. The calls, as they come. */
export function serve(answer: (call: Call) => unknown): Call[] {
  const calls: Call[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    const { pathname, search } = new URL(request.url);
    const text = await request.text();
    const call = {
      method: request.method,
      path: pathname + search,
      body: text ? JSON.parse(text) : null,
      range: request.headers.get("Range"),
    };
    calls.push(call);
    const found = answer(call);
    return found instanceof Response ? found : Response.json(found ?? {});
  });
  return calls;
}

export function refusal(status: number, detail: string): Response {
  return Response.json({ status, detail, code: "X" }, { status });
}
