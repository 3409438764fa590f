// Before the first paint, so that a dark page never flashes white. The policy allows no inline script.
(function () {
  var chosen = null;
  try {
    chosen = localStorage.getItem("alula.theme");
  } catch (error) {
    // Storage may be forbidden; the system's preference stands.
  }
  var dark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
