import {
  FluentProvider,
  PortalMountNodeProvider,
} from "@fluentui/react-components";
import {
  type ComponentType,
  type LazyExoticComponent,
  StrictMode,
  Suspense,
} from "react";
import { createRoot } from "react-dom/client";

import { app, SIGN_IN } from "./app";
import "./focus";
import { Guard } from "./guard";
import { later } from "./later";
import { Notices } from "./notices";
import { usePlace } from "./router";
import { Splash } from "./splash";
import { States } from "./states";
import { useStore } from "./store";
import { useTheme } from "./theme";
import { t } from "./words";

const Shell = later(() => import("./shell"));
const StepUp = later(() => import("./step-up"), true);

const PAGES: { readonly [path: string]: LazyExoticComponent<ComponentType> } = {
  [SIGN_IN]: later(() => import("./sign-in")),
  "/app/setup": later(() => import("./start/setup")),
  "/app/enrol": later(() => import("./start/enrol")),
  "/app/link": later(() => import("./start/link")),
};

const APPROVE = "/app/approve";
const Approve = later(() => import("./start/approve"));

function Page() {
  const { path } = usePlace();
  const { session, failed } = useStore(app, (value) => value);
  const Open = PAGES[path];
  if (Open !== undefined) return <Open />;
  if (failed !== undefined) throw failed;
  if (path === APPROVE) return <Approve />;
  return session === undefined ? <Splash /> : <Shell />;
}

/** What lies above the page: menus, lists to choose from, dialogs. */
const above = document.createElement("section");
above.className = "above";
above.ariaLabel = t("above");
document.body.append(above);

function App() {
  const { asksStepUp, asksSignIn } = useStore(app, (value) => value);
  const { path } = usePlace();
  return (
    <FluentProvider theme={useTheme()} className="app">
      <PortalMountNodeProvider value={above}>
        <States />
        <Guard at={path}>
          <Suspense fallback={<Splash />}>
            <Page />
          </Suspense>
        </Guard>
        <Suspense fallback={null}>
          {asksStepUp && <StepUp />}
          {asksSignIn && <StepUp again />}
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
