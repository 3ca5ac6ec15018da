import { isObject } from "../json-object";

export interface ProblemItem {
  path: string;
  message: string;
  code: string;
}

/** What the API answers instead of a result, or what kept it from answering. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly items: ProblemItem[];
  readonly requestId: string | null;
  readonly extra: Record<string, unknown>;

  constructor(status: number, body: Record<string, unknown>) {
    super(String(body.detail ?? body.title ?? `HTTP ${status}`));
    this.name = "Problem";
    this.status = status;
    this.code = String(body.code ?? "HTTP_ERROR");
    this.title = String(body.title ?? "Error");
    this.items = Array.isArray(body.errors) ? (body.errors as ProblemItem[]) : [];
    this.requestId = typeof body.request_id === "string" ? body.request_id : null;
    this.extra = body;
  }

  static async of(response: Response): Promise<Problem> {
    const body: unknown = await response.json().catch(() => null);
    return new Problem(response.status, isObject(body) ? body : {});
  }

  static unreachable(): Problem {
    return new Problem(0, { code: "UNREACHABLE", title: "The server does not answer" });
  }
}
