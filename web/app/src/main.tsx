import {
  FluentProvider,
  PortalMountNodeProvider,
} from "@fluentui/react-components";
import {
  type ComponentType,
  lazy,
  type LazyExoticComponent,
  StrictMode,
  Suspense,
} from "react";
import { createRoot } from "react-dom/client";

import { app, begin, HOME, SIGN_IN, tellError } from "./app";
import { isSilent } from "./client/problem";
import "./focus";
import { Notices } from "./notices";
import { currentPlace, navigate, usePlace } from "./router";
import { useStore } from "./store";
import { useTheme } from "./theme";
import { Waiting } from "./waiting";
import { t } from "./words";

const Shell = lazy(() => import("./shell"));
const StepUp = lazy(() => import("./step-up"));

/** The pages for who isn't signed in. */
const OPEN: { readonly [path: string]: LazyExoticComponent<ComponentType> } = {
  [SIGN_IN]: lazy(() => import("./sign-in")),
  "/app/setup": lazy(() => import("./start/setup")),
  "/app/enrol": lazy(() => import("./start/enrol")),
  "/app/link": lazy(() => import("./start/link")),
};

const APPROVE = "/app/approve";
const Approve = lazy(() => import("./start/approve"));

function Page() {
  const { path } = usePlace();
  const session = useStore(app, (value) => value.session);
  const Open = OPEN[path];
  if (Open !== undefined) return <Open />;
  if (path === APPROVE) return <Approve />;
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

if (/^\/(app\/?)?$/.test(location.pathname)) navigate(HOME, true);
const { path } = currentPlace();
if (OPEN[path] === undefined) {
  // Loaded while the server is asked who this is.
  if (path !== APPROVE) void import("./shell");
  begin().catch((error: unknown) => {
    if (!isSilent(error)) tellError(error);
  });
}
