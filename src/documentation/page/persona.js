// Offers at each operation the sandbox's persona that may call it.

/** @type {UiPlugin} */
export const persona = () => ({});
