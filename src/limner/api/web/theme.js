// Before anything is drawn: the colours that were chosen here, "system", "light" or "dark".
try {
  const theme = localStorage.getItem("limner.theme");
  if (theme) document.documentElement.dataset.theme = JSON.parse(theme);
} catch {
  // Storage may be forbidden; the system's colours will do.
}
