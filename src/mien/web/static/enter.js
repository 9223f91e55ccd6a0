// Takes the token from behind the # of the address, where it is sent to nobody, and enters with it.

const form = document.getElementById("form");
const token = decodeURIComponent(location.hash.slice(1));
if (token) {
  history.replaceState(null, "", location.pathname);
  form.elements.token.value = token;
  form.requestSubmit();
}
