import codes from './codes.js';

export default {
  ...codes,
  planned: (/** @type {string} */ day, /** @type {string} */ tariff, /** @type {string} */ fee) => `С ${day} — тариф «${tariff}», ${fee} в месяц.`,
  missing: (/** @type {string} */ sum, /** @type {string} */ day) => `Для этого не хватает ${sum}: внесите до ${day}, иначе останется прежний тариф.`,
  cancelPlanned: 'Отменить смену тарифа',
  cancelled: 'Смена тарифа отменена.',
  suspended: (/** @type {string} */ from, /** @type {string} */ to) => `Приостановлено с ${from} по ${to} включительно.`,
  suspensionPlanned: (/** @type {string} */ from, /** @type {string} */ to) => `Приостановим с ${from} по ${to} включительно.`,
  resume: 'Возобновить раньше',
  changeMind: 'Отменить приостановку',
  toTariff: 'Сменить тариф',
  toSuspension: 'Приостановить интернет',
  toPassword: 'Пароль интернета',
  operationsOf: (/** @type {string} */ title) => `Операции по услуге «${title}»`,
  toCalendar: 'Календарь списаний',
  toPromise: 'Обещанный платёж',
  toAutopay: 'Автоплатёж',
};
