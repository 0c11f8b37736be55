// Markup becomes calls of `h`, which take fewer bytes than those of the runtime that is imported by itself.
export { Fragment, h } from 'preact';
