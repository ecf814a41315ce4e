/** Words of the question for the portal's password, for every screen that may have to ask it. */
export default {
  stepUp: 'Чтобы продолжить, подтвердите, что это вы.',
  portal: 'Пароль от кабинета',
  confirm: 'Подтвердить и продолжить',
  back: 'Назад',
  show: 'Показать',
  hide: 'Скрыть',
  shows: (/** @type {string} */ label) => `Показать: ${label}`,
  hides: (/** @type {string} */ label) => `Скрыть: ${label}`,
  working: 'Отправляем…',
};
