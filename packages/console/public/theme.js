/* Before the stylesheet, so that no page flashes in the other theme. External, because the policy allows no inline script. */
try {
  const theme = localStorage.getItem("flock.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage is switched off: the system's theme it is.
}
