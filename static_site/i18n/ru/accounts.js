export default {
  open: 'Открыть',
  openNamed: (/** @type {string} */ account) => `Открыть счёт ${account}`,
};
