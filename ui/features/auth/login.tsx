"use client";

import { useRouter, useSearchParams } from "next/navigation";
import { useTranslations } from "next-intl";
import { type FormEvent, useEffect, useState } from "react";
import { Button } from "@/components/button";
import { TextField } from "@/components/field";
import { Failure } from "@/components/states";
import { api } from "@/lib/api/client";
import { Problem } from "@/lib/api/problem";
import { signedIn, useSession } from "@/lib/api/session";
import { Frame } from "./frame";
import { wayBack } from "./way-back";

/** What kept somebody out: a text of ours, or a failure to show as it is. */
type Refusal = { text: string } | { error: unknown };

export function Login() {
  const t = useTranslations("auth");
  useWayOn();
  const { email, setEmail, password, setPassword, busy, refusal, submit } = useLogin();
  return (
    <Frame title={t("signIn")} lead={t("signInLead")}>
      <form onSubmit={submit}>
        <TextField
          label={t("email")}
          type="email"
          autoComplete="username"
          required
          maxLength={320}
          value={email}
          onChange={(event) => setEmail(event.target.value)}
        />
        <TextField
          label={t("password")}
          type="password"
          autoComplete="current-password"
          required
          maxLength={1000}
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        <Told refusal={refusal} />
        <Button type="submit" look="primary" busy={busy} className="mt-2 h-9 w-full">
          {t("signIn")}
        </Button>
      </form>
    </Frame>
  );
}

function Told({ refusal }: { refusal: Refusal | null }) {
  if (!refusal) return null;
  if ("error" in refusal) return <Failure error={refusal.error} />;
  return (
    <p role="alert" className="rounded-md bg-bad-soft px-3 py-2 text-bad">
      {refusal.text}
    </p>
  );
}

/** Leads on who is signed in already, and to the setup while there is no account. */
function useWayOn(): void {
  const router = useRouter();
  const next = useSearchParams().get("next");
  const status = useSession((state) => state.status);
  useEffect(() => {
    if (status === "in") router.replace(wayBack(next));
  }, [status, next, router]);
  useEffect(() => {
    void api
      .GET("/api/v1/auth/setup")
      .then(({ data }) => data?.open && router.replace("/setup"))
      // The form tells as much when it is sent.
      .catch(() => undefined);
  }, [router]);
}

function useLogin() {
  const t = useTranslations("auth");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);

  async function logIn(): Promise<Refusal | null> {
    const { data, error, response } = await api.POST("/api/v1/auth/login", {
      body: { email, password },
    });
    if (data) {
      signedIn(data);
      return null;
    }
    if (response.status === 401) return { text: t("wrong") };
    const wait = Number(response.headers.get("Retry-After") ?? 60);
    if (response.status === 429) return { text: t("throttled", { seconds: wait }) };
    return { error: new Problem(response.status, { ...(error as object | undefined) }) };
  }

  function submit(event: FormEvent): void {
    event.preventDefault();
    setBusy(true);
    setRefusal(null);
    void logIn()
      .catch((error: unknown) => ({ error }))
      .then(setRefusal)
      .finally(() => setBusy(false));
  }

  return { email, setEmail, password, setPassword, busy, refusal, submit };
}
