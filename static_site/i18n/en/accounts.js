/** @type {typeof import('../ru/accounts.js').default} */
const words = {
  open: 'Open',
  openNamed: (account) => `Open account ${account}`,
};
export default words;
