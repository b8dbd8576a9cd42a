"""What every page for people needs: templates, two languages, forms that know where they came from, and safe headers.

Pages are rendered here, work without JavaScript, and load nothing from elsewhere.
"""
