// Before the first paint: the chosen colours, so that nothing flashes. A file of its own because the content security
// policy allows no inline script.
try {
  const theme = localStorage.getItem("wagate.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // No storage: the system's colours.
}
