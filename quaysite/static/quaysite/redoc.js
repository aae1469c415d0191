// Draws the API's description into the page, as the page's attributes say.
(() => {
  const container = document.getElementById("redoc-container");
  Redoc.init(container.dataset.url, JSON.parse(container.dataset.settings), container);
})();
