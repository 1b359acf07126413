// The login page's only help: a demo button fills the form and sends it.
// It knows no passwords; the page shows them in demo mode alone.

const form = /** @type {HTMLFormElement|null} */ (document.querySelector('.login-form'));

for (const button of document.querySelectorAll('button.demo')) {
  button.addEventListener('click', () => {
    if (!form || !(button instanceof HTMLElement)) return;
    const field = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
    field('username').value = button.dataset.username ?? '';
    field('password').value = button.dataset.password ?? '';
    form.requestSubmit();
  });
}
