"use strict";

// The token is in the fragment, which browsers send to no server. It is taken out of
// the address at once, so that it stays neither in the history nor in a bookmark.
const answer = new URLSearchParams(window.location.hash.slice(1));
window.history.replaceState(null, "", window.location.pathname);

const explanation = document.getElementById("explanation");
if (answer.get("access_token")) {
  explanation.textContent = "Your new access token. It is shown only this once:";
  document.getElementById("token").textContent = answer.get("access_token");
} else if (answer.get("error")) {
  explanation.textContent = `No token was given: ${answer.get("error")}`;
}
