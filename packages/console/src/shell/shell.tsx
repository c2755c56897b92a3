import { Suspense } from "react";
import { Redirect, Route, Switch, useLocation } from "wouter";
import { buttonClass } from "../ui/button.js";
import { PageBody, PageHeading } from "../ui/page-heading.js";
import { Contained } from "../ui/panel.js";
import { Loading } from "../ui/states.js";
import { Toasts } from "../ui/toasts.js";
import { BottomBar, Rail } from "./navigation.js";
import { NotFound } from "./not-found.js";
import { firstPage, isOpen, pages } from "./pages.js";
import { Palette } from "./palette.js";
import styles from "./shell.module.css";
import { TopBar, Weave } from "./top-bar.js";

/**
 * The skip link is a button: a link would leave `#main` in the address, and Back would focus it again instead of the
 * heading.
 */
export function Shell() {
  const [path] = useLocation();
  // A page stays as it is when its own part of the address changes; another page begins anew, whatever broke before.
  const section = path.split("/", 2).join("/");
  return (
    <>
      <button
        type="button"
        className={`${buttonClass("plain")} ${styles["skip"]}`}
        onClick={() => document.getElementById("main")?.focus()}
      >
        Skip to the page
      </button>
      <Weave />
      <div className={styles["shell"]}>
        <TopBar />
        <Rail />
        <main id="main" tabIndex={-1} className={styles["main"]}>
          <Contained
            key={section}
            what="This page could not be drawn"
            around={(failed) => (
              <PageBody>
                <PageHeading title={pages.find((page) => isOpen(page, path))?.title ?? "This page"} />
                {failed}
              </PageBody>
            )}
          >
            <Suspense fallback={<Loading what="the page" lines={6} />}>
              <Pages />
            </Suspense>
          </Contained>
        </main>
        <BottomBar />
      </div>
      <Palette />
      <Toasts />
    </>
  );
}

function Pages() {
  return (
    <Switch>
      {pages.map(({ route, Content }) => (
        <Route key={route} path={route}>
          <Content />
        </Route>
      ))}
      <Route path="/">{firstPage === undefined ? null : <Redirect to={firstPage.rail.to} replace />}</Route>
      <Route>
        <NotFound />
      </Route>
    </Switch>
  );
}
