/* A sorting takes hold as soon as it is chosen; without this script there is a button. Empty
   fields of the filters stay out of the URL. */
for (const field of document.querySelectorAll("form[data-apply], [data-apply][form]"))
  field.addEventListener("change", () => (field.form ?? field).requestSubmit());

for (const form of document.querySelectorAll("form[data-filters]"))
  form.addEventListener("formdata", (event) => {
    for (const [name, value] of [...event.formData]) if (!value) event.formData.delete(name);
  });
