/** The only file that an ISP edits: everything else is the same for everybody. */
export default {
  name: 'Ваш провайдер',
  phone: '+7 495 000-00-00',
  /** Business dates are shown in this zone, whatever the phone thinks. */
  timeZone: 'Europe/Moscow',
  /** Whole roubles offered beside the suggested sum. */
  presets: [300, 500, 1000],
  defaultLanguage: 'ru',
};
