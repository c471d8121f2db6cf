### Takes the place of texts in en.ftl where the operator has named no contact: "Ask support" would lead nowhere.

-helper = whoever runs this service
