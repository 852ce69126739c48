import {
  FluentProvider,
  PortalMountNodeProvider,
} from "@fluentui/react-components";
import {
  type ComponentType,
  StrictMode,
  useEffect,
  useState,
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

const page = (load: () => Promise<{ default: ComponentType }>) =>
  later(load, { meanwhile: Splash });

const Modality = later(() => import("./modality"));
const Shell = page(() => import("./shell"));
const StepUp = later(() => import("./step-up"), { first: true });

const PAGES: { readonly [path: string]: ComponentType } = {
  [SIGN_IN]: page(() => import("./sign-in")),
  "/app/setup": page(() => import("./start/setup")),
  "/app/enrol": page(() => import("./start/enrol")),
  "/app/link": page(() => import("./start/link")),
};

const APPROVE = "/app/approve";
const Approve = page(() => import("./start/approve"));

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

/** The browser has done what is to be seen first. */
function useIdle(): boolean {
  const [idle, setIdle] = useState(false);
  useEffect(() => {
    const asked = requestIdleCallback(() => setIdle(true), { timeout: 1000 });
    return () => cancelIdleCallback(asked);
  }, []);
  return idle;
}

function App() {
  const idle = useIdle();
  const { asksStepUp, asksSignIn } = useStore(app, (value) => value);
  const { path } = usePlace();
  return (
    <FluentProvider theme={useTheme()} className="app">
      <PortalMountNodeProvider value={above}>
        <States />
        <Guard at={path}>
          <Page />
        </Guard>
        {idle && <Modality />}
        {asksStepUp && <StepUp />}
        {asksSignIn && <StepUp again />}
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
