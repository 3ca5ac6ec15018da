"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { type FormEvent, useEffect, useState } from "react";
import { Button } from "@/components/button";
import { TextField } from "@/components/field";
import { Failure, Loaded, Loading } from "@/components/states";
import { api, need } from "@/lib/api/client";
import { signedIn } from "@/lib/api/session";
import { Frame } from "./frame";
import { PasswordField } from "./password-field";

export function Setup() {
  const t = useTranslations("auth");
  const router = useRouter();
  const state = useQuery({
    queryKey: ["setup"],
    queryFn: () => need(api.GET("/api/v1/auth/setup")),
    // Asked again after the account is made, it would lead away before the login.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  const closed = state.data?.open === false;
  useEffect(() => {
    if (closed) router.replace("/login");
  }, [closed, router]);
  return (
    <Frame title={t("setUp")} lead={t("setUpLead")}>
      <Loaded query={state}>{({ open }) => (open ? <SetupForm /> : <Loading />)}</Loaded>
    </Frame>
  );
}

interface FirstAccount {
  email: string;
  display_name: string;
  password: string;
}

function SetupForm() {
  const t = useTranslations("auth");
  const router = useRouter();
  const [account, setAccount] = useState<FirstAccount>({
    email: "",
    display_name: "",
    password: "",
  });
  const change = (part: Partial<FirstAccount>) => setAccount((now) => ({ ...now, ...part }));
  const making = useMutation({
    mutationFn: make,
    onSuccess: (signed) => router.replace(signed ? "/workflows" : "/login"),
  });
  function submit(event: FormEvent): void {
    event.preventDefault();
    making.mutate(account);
  }
  return (
    <form onSubmit={submit}>
      <TextField
        label={t("email")}
        type="email"
        autoComplete="username"
        required
        maxLength={320}
        value={account.email}
        onChange={(event) => change({ email: event.target.value })}
      />
      <TextField
        label={t("displayName")}
        autoComplete="name"
        required
        maxLength={200}
        value={account.display_name}
        onChange={(event) => change({ display_name: event.target.value })}
      />
      <PasswordField
        label={t("password")}
        value={account.password}
        onChange={(password) => change({ password })}
      />
      {making.error && <Failure error={making.error} />}
      <Button type="submit" look="primary" busy={making.isPending} className="mt-3 h-9 w-full">
        {t("createAccount")}
      </Button>
    </form>
  );
}

/** Makes the account and signs it in; false when only the account was made. */
async function make(account: FirstAccount): Promise<boolean> {
  await need(api.POST("/api/v1/auth/setup", { body: account }));
  const { email, password } = account;
  const { data } = await api.POST("/api/v1/auth/login", { body: { email, password } });
  if (data) signedIn(data);
  return data !== undefined;
}
