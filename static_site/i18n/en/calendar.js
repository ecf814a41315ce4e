/** @type {typeof import('../ru/calendar.js').default} */
const words = {
  heading: 'Calendar of charges',
  about: 'What happens in 60 days if nothing is changed and nothing is paid.',
  empty: 'Nothing happens in the next 60 days.',
};
export default words;
