// The view library under one name, so that only this file knows where the package is served.
// Nothing of ours is added to it here.

export { html, nothing, render } from '/static/vendor/lit-html/lit-html.js';
export { repeat } from '/static/vendor/lit-html/directives/repeat.js';
export { live } from '/static/vendor/lit-html/directives/live.js';
export { ref, createRef } from '/static/vendor/lit-html/directives/ref.js';
