import "./no-eval.js";
import "./identity/tokens.css";
import "./identity/base.css";
import { CSPProvider } from "@base-ui/react/csp-provider";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Router } from "wouter";
import { queries } from "./data/queries.js";
import { watchNavigation } from "./shell/heading-focus.js";
import { reloadOnceForNewFiles } from "./shell/reload-once.js";
import { Shell } from "./shell/shell.js";

reloadOnceForNewFiles();
watchNavigation();

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no element #root");
createRoot(root).render(
  <StrictMode>
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={queries}>
        <Router base="/console">
          <Shell />
        </Router>
      </QueryClientProvider>
    </CSPProvider>
  </StrictMode>,
);
