const commands = document.getElementById("commands");
document.addEventListener("change", () => {
  const chosen = new Map();
  for (const box of document.querySelectorAll("input:checked")) {
    const before = chosen.get(box.dataset.command) || "";
    chosen.set(box.dataset.command, before + " --put-back " + box.value);
  }
  commands.textContent = [...chosen].map(([command, ids]) => command + ids).join(" && ") || "nothing chosen";
});
