"use client";

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { setNonce } from "get-nonce";
import { NextIntlClientProvider } from "next-intl";
import { Toast, Tooltip } from "radix-ui";
import { type ReactNode, useEffect, useState } from "react";
import { Toasts } from "@/components/toasts";
import { Problem } from "@/lib/api/problem";
import { restoreLocale, useLocaleChoice } from "@/lib/i18n/locale";
import { styleNonce } from "@/lib/nonce";
import { restoreTheme } from "@/lib/theme";

const RETRIES = 2;

function makeClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        // What the server refused it will refuse again.
        retry: (count, error) =>
          count < RETRIES &&
          !(error instanceof Problem && error.status >= 400 && error.status < 500),
      },
    },
  });
}

export function Providers({ children }: { children: ReactNode }) {
  const [client] = useState(makeClient);
  const { locale, messages } = useLocaleChoice();
  useEffect(() => {
    const nonce = styleNonce();
    if (nonce) setNonce(nonce);
    restoreLocale();
    restoreTheme();
  }, []);
  useEffect(() => {
    document.documentElement.lang = locale;
  }, [locale]);
  return (
    <NextIntlClientProvider
      locale={locale}
      messages={messages}
      timeZone={Intl.DateTimeFormat().resolvedOptions().timeZone}
    >
      <QueryClientProvider client={client}>
        <Tooltip.Provider delayDuration={400}>
          <Toast.Provider>
            {children}
            <Toasts />
          </Toast.Provider>
        </Tooltip.Provider>
      </QueryClientProvider>
    </NextIntlClientProvider>
  );
}
