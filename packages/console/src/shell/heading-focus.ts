let isDue = false;
let path = "";

/**
 * From now on the next heading that is drawn after somebody went to another page gets the focus. A page that only
 * gives itself another address (`replace`), such as a conversation that has got an id, keeps it. Call it before the
 * first draw.
 */
export function watchNavigation(): void {
  path = location.pathname;
  // The router announces what it does to the history as events of these names.
  addEventListener("pushState", () => {
    if (hasMoved()) scrollTo(0, 0);
  });
  addEventListener("popstate", hasMoved);
  addEventListener("replaceState", () => {
    path = location.pathname;
  });
}

/** Whether the heading that asks gets the focus; true once. */
export function takeHeadingFocus(): boolean {
  const was = isDue;
  isDue = false;
  return was;
}

function hasMoved(): boolean {
  const isElsewhere = path !== location.pathname;
  path = location.pathname;
  isDue ||= isElsewhere;
  return isElsewhere;
}
