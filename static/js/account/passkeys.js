// Passkeys on the pages of signing in and of the account: asks the device, then sends the form with its answer.
// It knows no user and no secret; what the server asks for stands in the page, on the login page it is fetched.

/** @typedef {{create: (options: unknown) => Promise<unknown>, get: (options: unknown) => Promise<unknown>}} WebAuthnJson */
const device = /** @type {{webauthnJSON?: WebAuthnJson}} */ (/** @type {unknown} */ (window)).webauthnJSON;

/** @param {HTMLFormElement} form */
async function options(form) {
  const element = document.getElementById('passkey-options');
  if (element) return JSON.parse(element.textContent ?? '{}');
  const answer = await fetch(form.action, { headers: { Accept: 'application/json' } });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll('form[data-passkey]'))) {
  const said = document.querySelector('[data-passkey-error]');
  const button = /** @type {HTMLButtonElement|null} */ (form.querySelector('button[type=submit]'));
  if (!device || !window.PublicKeyCredential) {
    if (form.dataset.optional !== undefined) form.hidden = true;
  }
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    said?.setAttribute('hidden', '');
    if (button) button.disabled = true;
    try {
      if (!device) throw new Error('no passkeys');
      const asked = await options(form);
      const answer = form.dataset.passkey === 'create' ? await device.create(asked.creation_options) : await device.get(asked.request_options);
      /** @type {HTMLInputElement} */ (form.elements.namedItem('credential')).value = JSON.stringify(answer);
      form.submit();
    } catch {
      said?.removeAttribute('hidden');
      if (button) button.disabled = false;
    }
  });
}
