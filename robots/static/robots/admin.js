// Tells the server the browser's time zone, so that pages show local times.
(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone) {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `timezone=${zone}; path=/; max-age=31536000; SameSite=Lax${secure}`;
  }
})();
