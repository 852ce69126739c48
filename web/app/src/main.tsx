import {
  FluentProvider,
  PortalMountNodeProvider,
} from "@fluentui/react-components";
import { lazy, StrictMode, Suspense } from "react";
import { createRoot } from "react-dom/client";

import { app, begin, SIGN_IN, tellError } from "./app";
import { isSilent } from "./client/problem";
import "./focus";
import { Notices } from "./notices";
import { navigate, usePlace } from "./router";
import { useStore } from "./store";
import { useTheme } from "./theme";
import { Waiting } from "./waiting";
import { t } from "./words";

const Shell = lazy(() => import("./shell"));
const SignIn = lazy(() => import("./sign-in"));
const StepUp = lazy(() => import("./step-up"));

function Page() {
  const { path } = usePlace();
  const session = useStore(app, (value) => value.session);
  if (path === SIGN_IN) return <SignIn />;
  return session === undefined ? <Waiting /> : <Shell />;
}

/** What lies above the page: menus, lists to choose from, dialogs. */
const above = document.createElement("section");
above.className = "above";
above.ariaLabel = t("above");
document.body.append(above);

function App() {
  const asksStepUp = useStore(app, (value) => value.asksStepUp);
  return (
    <FluentProvider theme={useTheme()} className="app">
      <PortalMountNodeProvider value={above}>
        <Suspense fallback={<Waiting />}>
          <Page />
          {asksStepUp && <StepUp />}
        </Suspense>
      </PortalMountNodeProvider>
      <Notices />
    </FluentProvider>
  );
}

const place = document.getElementById("app");
if (place === null) throw new Error("no place for the app");
createRoot(place).render(
  <StrictMode>
    <App />
  </StrictMode>,
);

if (/^\/(app\/?)?$/.test(location.pathname)) navigate("/app/files", true);
if (!location.pathname.startsWith(SIGN_IN)) {
  // Loaded while the server is asked who this is.
  void import("./shell");
  begin().catch((error: unknown) => {
    if (!isSilent(error)) tellError(error);
  });
}
